"""Card payments that never were: a synthetic set in which fraud has some of its real shapes.

Real card payments are nobody's to publish, so the payments of ``fraud-detector`` are drawn from
profiles: ways in which honest people and fraudsters pay. The profiles are written down here and
nowhere measured; what a model learns from them holds for this file alone.

Draws come from NumPy's legacy generator, whose streams are frozen (NEP 19), and are rounded to what
a payment system would record, so that the last bits of a processor's logarithm do not reach them.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

COLUMNS = (
    "amount",
    "hour",
    "country",
    "merchant_category",
    "distance_from_home",
    "card_age",
    "attempts_last_hour",
    "online",
)
# Where the card was issued, by ISO 3166-1 numeric code, and the shares of payments.
COUNTRIES = {40: 0.22, 250: 0.23, 276: 0.35, 528: 0.20}
# Merchant category codes of ISO 18245.
TRANSPORT, GROCERIES, FUEL, ELECTRONICS = 4111, 5411, 5541, 5732
RESTAURANTS, GAMES, JEWELLERY, BETTING = 5812, 5816, 5944, 7995
CATEGORIES = (TRANSPORT, GROCERIES, FUEL, ELECTRONICS, RESTAURANTS, GAMES, JEWELLERY, BETTING)
FARTHEST = 20_000  # km; half the way around the Earth
OLDEST = 1_826  # days; a card is valid for five years
NEW = 7  # days; the mean age of a new card


class Profile(NamedTuple):
    """A way of paying; medians and spreads are those of log-normal laws, the spread in ln units."""

    share: float  # of the honest payments, or of the fraudulent ones
    amount: tuple[float, float]  # EUR
    night: float  # share of 0 to 5 o'clock; the others are by day, around 14
    distance: tuple[float, float]  # km
    new: float  # share of cards of a few days; the others are of any age
    attempts: float  # mean of a Poisson law: other attempts within the hour before
    online: float  # share
    categories: Mapping[int, float]  # their shares


EVERYDAY = Profile(
    share=0.74,
    amount=(28, 0.9),
    night=0.03,
    distance=(4, 1.1),
    new=0.02,
    attempts=0.15,
    online=0.25,
    categories={
        GROCERIES: 0.4,
        RESTAURANTS: 0.2,
        FUEL: 0.15,
        TRANSPORT: 0.1,
        ELECTRONICS: 0.08,
        GAMES: 0.07,
    },
)
JOURNEY = Profile(  # far from home, often and dearer
    share=0.10,
    amount=(60, 0.9),
    night=0.08,
    distance=(900, 1.2),
    new=0.02,
    attempts=0.5,
    online=0.1,
    categories={RESTAURANTS: 0.45, TRANSPORT: 0.2, FUEL: 0.15, GROCERIES: 0.1, JEWELLERY: 0.1},
)
LARGE_PURCHASE = Profile(
    share=0.06,
    amount=(700, 0.6),
    night=0.02,
    distance=(12, 1.2),
    new=0.02,
    attempts=0.2,
    online=0.5,
    categories={ELECTRONICS: 0.7, JEWELLERY: 0.3},
)
IN_A_ROW = Profile(  # tickets and games: many small payments
    share=0.10,
    amount=(4, 0.7),
    night=0.15,
    distance=(5, 1.2),
    new=0.02,
    attempts=3.0,
    online=0.7,
    categories={TRANSPORT: 0.4, GAMES: 0.45, BETTING: 0.15},
)

CARD_TESTING = Profile(  # a list of stolen numbers is tried out with small amounts
    share=0.35,
    amount=(2.5, 0.6),
    night=0.45,
    distance=(1800, 1.2),
    new=0.05,
    attempts=9.0,
    online=0.97,
    categories={GAMES: 0.65, BETTING: 0.2, TRANSPORT: 0.15},
)
STOLEN_CARD = Profile(  # spent before it is blocked
    share=0.30,
    amount=(420, 0.7),
    night=0.25,
    distance=(70, 1.2),
    new=0.05,
    attempts=2.5,
    online=0.15,
    categories={ELECTRONICS: 0.5, JEWELLERY: 0.4, FUEL: 0.1},
)
TAKEN_ACCOUNT = Profile(  # with a new card ordered to it
    share=0.30,
    amount=(350, 0.8),
    night=0.35,
    distance=(600, 1.4),
    new=0.9,
    attempts=1.2,
    online=0.9,
    categories={ELECTRONICS: 0.55, BETTING: 0.25, JEWELLERY: 0.2},
)
IN_THE_FAMILY = Profile(  # the holder's own household: hardly anything shows
    share=0.05,
    amount=(45, 1.0),
    night=0.10,
    distance=(6, 1.3),
    new=0.02,
    attempts=0.4,
    online=0.4,
    categories={GAMES: 0.4, ELECTRONICS: 0.3, RESTAURANTS: 0.2, GROCERIES: 0.1},
)

HONEST = (EVERYDAY, JOURNEY, LARGE_PURCHASE, IN_A_ROW)
FRAUD = (CARD_TESTING, STOLEN_CARD, TAKEN_ACCOUNT, IN_THE_FAMILY)


def payments(count: int, fraud: float, seed: int) -> tuple[Array, NDArray[np.int64]]:
    """Draw payments: features of shape (count, 8) and labels of shape (count,), 1 for fraud.

    ``fraud`` is the share of fraudulent payments, far above that of real payments.
    """
    random = np.random.RandomState(seed)
    labels = (random.random_sample(count) < fraud).astype(np.int64)
    features = np.empty((count, len(COLUMNS)))
    for label, profiles in enumerate((HONEST, FRAUD)):
        rows = np.flatnonzero(labels == label)
        which = random.choice(len(profiles), size=len(rows), p=[each.share for each in profiles])
        for index, profile in enumerate(profiles):
            mine = rows[which == index]
            features[mine] = _drawn(profile, len(mine), random)
    return features, labels


def _drawn(profile: Profile, count: int, random: np.random.RandomState) -> Array:
    """Draw the features of payments of one profile, in the order of ``COLUMNS``."""

    def log_normal(law: tuple[float, float], most: float, digits: int) -> Array:
        median, spread = law
        drawn = median * np.exp(spread * random.standard_normal(count))
        return np.minimum(np.round(drawn, digits), most)

    by_night = random.random_sample(count) < profile.night
    day = np.clip(np.round(14 + 4 * random.standard_normal(count)), 6, 23)
    hour = np.where(by_night, random.randint(0, 6, count), day)
    fresh, age = random.poisson(NEW, count), random.randint(0, OLDEST + 1, count)
    columns = [
        np.maximum(log_normal(profile.amount, 10_000, 2), 0.01),
        hour,
        random.choice(list(COUNTRIES), size=count, p=list(COUNTRIES.values())),
        random.choice(list(profile.categories), size=count, p=list(profile.categories.values())),
        log_normal(profile.distance, FARTHEST, 1),
        np.where(random.random_sample(count) < profile.new, fresh, age),
        random.poisson(profile.attempts, count),
        random.random_sample(count) < profile.online,
    ]
    return np.column_stack(columns)
