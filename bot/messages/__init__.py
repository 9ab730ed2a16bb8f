"""Every sentence the bot writes: each kind in one place, pure, the same input giving the same text."""
