"""What the pages are made of: form fields, steps, tables, results."""
