"""Rules that a regulator or an exchange sets, one file each, in force from a date to a date."""
