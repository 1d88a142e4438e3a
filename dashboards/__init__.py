"""The web pages: a Voilà server, its template, and one notebook for each page."""
