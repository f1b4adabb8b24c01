"""Who is asking, what may they do, which rows may they see, how much may they ask."""
