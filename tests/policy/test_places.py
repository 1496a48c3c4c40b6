from __future__ import annotations

import pytest

from fairway.policy.places import holds_metadata_service


@pytest.mark.parametrize(
    "cidr",
    [
        "169.254.169.254/32", "169.254.0.0/16", "168.0.0.0/5", "128.0.0.0/1", "100.100.100.200/32",
        "::ffff:169.254.169.254/128", "fd00:ec2::254/128", "fc00::/7", "fe80::/10",
    ],
)  # fmt: skip
def test_blocks_with_a_metadata_service(cidr: str) -> None:
    assert holds_metadata_service(cidr)


@pytest.mark.parametrize(
    "cidr", ["", "0.0.0.0/0", "::/0", "10.0.0.0/8", "169.255.0.0/16", "0.0.0.0/2", "2001:db8::/32"]
)
def test_blocks_without(cidr: str) -> None:
    assert not holds_metadata_service(cidr)
