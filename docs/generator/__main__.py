"""Write all pages to the folder that the site is built from."""

from docs.generator.pages import write

write()
