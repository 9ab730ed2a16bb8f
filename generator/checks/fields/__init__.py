"""What single fields of Kubernetes' types may hold beyond what their schema says: tables, evaluated in one go.

The API server checks these in Go (`pkg/apis/*/validation` of k8s.io/kubernetes) after the object has been decoded.
Here they are tables of rules by type and field; `generator.checks.fields.validator` makes a JSON Schema of them.
"""
