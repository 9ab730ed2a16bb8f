"""Render service specs into the manifests of every environment, and validate what comes out."""
