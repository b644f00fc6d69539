"""Rules against procyclicality: what a clearing house makes of the rates that its margin model asks for."""
