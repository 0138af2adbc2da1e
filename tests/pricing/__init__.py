"""What things cost when."""
