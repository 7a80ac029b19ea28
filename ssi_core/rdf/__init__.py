"""RDF as Data Integrity needs it: JSON-LD read without loss, and canonical N-Quads."""
