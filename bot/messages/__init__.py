"""Every sentence the bot writes for people."""
