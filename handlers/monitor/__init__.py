"""What is said to a monitor."""
