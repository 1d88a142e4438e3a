"""BNG Optimiser core: metric -> demand -> market -> model -> solve -> allocation -> audit."""
