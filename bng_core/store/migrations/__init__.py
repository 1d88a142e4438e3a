"""How the tables came to be; see bng_core.store.schema."""
