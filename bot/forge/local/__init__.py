"""The embedded forge: pull requests as refs of the bare repository that developers push to."""

from bot.forge.local.forge import LocalForge

__all__ = ["LocalForge"]
