"""Domain values as bytes: schemas, records and the table of topics."""
