"""Services from Helm charts and kustomizations, rendered by the real programs."""
