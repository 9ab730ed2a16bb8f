"""What a service is in an environment: values, where they come from, and the identity of its release."""
