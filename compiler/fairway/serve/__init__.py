"""The model server: Open Inference Protocol v2 over HTTP for skops, ONNX, joblib and Python models.

The package stands alone. An image holds it beside an empty ``fairway/__init__.py``, so nothing in
it imports from the rest of ``fairway``. Run it with ``python -m fairway.serve``.
"""
