"""The commands that need only the generator; `bot.cli.main` has the table of all of them."""
