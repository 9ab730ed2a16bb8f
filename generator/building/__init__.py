"""What a rendered folder must hold, whether it does, and bringing it there safely."""
