"""The pages of the console: each reads what it shows in pure rows, and then shows it."""
