"""CI phases, from an app to a cloud assembly and onwards."""
