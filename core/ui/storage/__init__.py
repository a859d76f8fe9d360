"""The Storage page's parts, one module for each section."""
