"""How Arabic pages write numbers: with a point, as their per cents and translated texts do."""

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
