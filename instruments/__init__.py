"""What is asked, of whom, on which scale, how it adds up, and what a table may hold."""
