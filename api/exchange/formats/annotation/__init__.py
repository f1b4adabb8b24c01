"""How statements and stances are written as web annotations, and read from them."""
