"""The scan decides, from a model's bytes alone, whether they may ever be loaded.

Nothing here loads a model, unpickles, or imports a model library. What is not understood, a fault
of the scanner included, is a refusal; and time and memory are bounded whatever the bytes are.
"""

from fairway.scan.detect import Kind, detect
from fairway.scan.model import scan_model
from fairway.scan.report import Allowed, Fault, ScanReport

SCANNER = "fairway 1"
"""What writes the scan into a lock; the number changes when the verdict on some bytes may."""

__all__ = ["SCANNER", "Allowed", "Fault", "Kind", "ScanReport", "detect", "scan_model"]
