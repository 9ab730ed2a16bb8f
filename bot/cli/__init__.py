"""The commands that need the bot, and the table of all commands."""
