"""The parts of the quote page: who asks, what is lost, what is found, what becomes of it."""
