"""Makes a schedule from a seed: who writes what and when, and what breaks meanwhile."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from deployments.configs.delivery import ProviderLimits
from domain.channels import Channel

Act = Literal["kill", "freeze", "end", "provider", "delay"]
_ACTS: tuple[Act, ...] = ("kill", "freeze", "end", "provider", "delay")

TEXTS = (
    "Hello, how do I reset my password? I have forgotten it.",
    "How can I export all of my data as a CSV file?",
    "How do I turn on two-factor authentication for my account?",
    "Which colour of paint would suit the kitchen walls of my holiday cottage?",
    "How much does the business plan cost for twelve people?",
    "I want my money back for last month, please refund the payment.",
    "Please let me talk to a human being, I want a real person.",
    "This is the worst service ever, I am furious and nothing at all works!",
)


@dataclass(frozen=True, slots=True)
class Customer:
    name: str
    channel: Channel
    address: str


@dataclass(frozen=True, slots=True)
class Write:
    """`token` is in the text and nowhere else. `copies` is how often the provider tells us of it."""

    at_s: float
    token: str
    customer: Customer
    text: str
    copies: int = 1

    def __str__(self) -> str:
        return f"{self.at_s:5.2f} s  {self.customer.name} writes {self.token} ({self.copies} x): {self.text}"


@dataclass(frozen=True, slots=True)
class Fault:
    """`kill` is SIGKILL, `end` SIGTERM, `freeze` SIGSTOP for `for_s`; `provider` fails `times` calls.

    A provider's `status` 0 drops the connection; `after_accept` takes the message all the same.
    `delay` holds `times` sends for `for_s`: with a `late_effect` the provider takes them then, else
    never.
    """

    at_s: float
    act: Act
    target: str
    for_s: float = 0.0
    status: int = 0
    times: int = 1
    after_accept: bool = False
    late_effect: bool = False

    def __str__(self) -> str:
        more = {
            "delay": f" holds {self.times} sends for {self.for_s:.1f} s and"
            + (" then takes them" if self.late_effect else " takes none"),
            "freeze": f" for {self.for_s:.1f} s",
            "provider": f" answers {self.status or 'nothing'} {self.times} x"
            + (" after taking the message" if self.after_accept else ""),
        }
        return f"{self.at_s:5.2f} s  {self.act} {self.target}{more.get(self.act, '')}"


@dataclass(frozen=True, slots=True)
class Schedule:
    seed: int
    writes: tuple[Write, ...]
    faults: tuple[Fault, ...]

    def without(self, fault: Fault) -> Schedule:
        return replace(self, faults=tuple(other for other in self.faults if other is not fault))

    def again(self, number: int) -> Schedule:
        """The same schedule for other customers, so that it can be run again on the same system."""
        writes = []
        for write in self.writes:
            customer = write.customer
            other = replace(
                customer, name=f"{customer.name} {number}", address=_other(customer, number)
            )
            token = f"{write.token}R{number}"
            text = write.text.replace(write.token, token)
            writes.append(replace(write, customer=other, token=token, text=text))
        return replace(self, writes=tuple(writes))


def make_schedule(
    seed: int,
    targets: Sequence[str],
    limits: ProviderLimits,
    freeze_limit_s: float = 14.0,
    act: Act | None = None,
) -> Schedule:
    """The same arguments give the same schedule. `targets` are processes; providers come on top.

    `limits` are those of the system, which delays are made to exceed. With `act` each schedule has
    at least one fault of that kind.
    """
    chance = random.Random(seed)
    customers = [_customer(seed, number, chance) for number in range(chance.randint(3, 6))]
    # Every schedule has a customer on each channel.
    writes = [
        write
        for customer in customers
        for write in _writes(seed, customers.index(customer), customer, chance)
    ]
    acts: list[Act | None] = [None] * chance.randint(1, 4)
    if act is not None:
        acts[0] = act
    faults = [_fault(chance, targets, limits, freeze_limit_s, wanted) for wanted in acts]
    return Schedule(
        seed,
        tuple(sorted(writes, key=lambda write: write.at_s)),
        tuple(sorted(faults, key=lambda fault: fault.at_s)),
    )


def _customer(seed: int, number: int, chance: random.Random) -> Customer:
    channel = list(Channel)[number % 3] if number < 3 else chance.choice(list(Channel))
    name = f"Chaos {seed} {chr(ord('A') + number)}"
    if channel is Channel.WHATSAPP:
        return Customer(name, channel, f"+49151{seed % 1_000_000:06d}{number:02d}")
    return Customer(name, channel, f"chaos{seed}.{number}@example.com")


def _other(customer: Customer, number: int) -> str:
    if customer.channel is Channel.WHATSAPP:
        return (
            f"+49152{customer.address[6:12]}{(int(customer.address[12:]) + number * 7) % 100:02d}"
        )
    return customer.address.replace("chaos", f"again{number}.", 1)


def _writes(seed: int, number: int, customer: Customer, chance: random.Random) -> list[Write]:
    at_s = chance.uniform(0.0, 2.0)
    writes = []
    for index in range(chance.choice((1, 1, 2, 2, 3, 4))):
        token = f"Q{seed}X{number}X{index}Z"
        copies = 1
        if customer.channel is Channel.WHATSAPP:
            copies = chance.choice((1, 1, 2, 3))
        elif customer.channel is Channel.EMAIL:
            copies = chance.choice((0, 1, 1, 2, 3))
        writes.append(
            Write(at_s, token, customer, f"{chance.choice(TEXTS)} (my note {token})", copies)
        )
        at_s += chance.choice((0.0, 0.05, 0.4, 1.0, 2.5))
    return writes


def _fault(
    chance: random.Random,
    targets: Sequence[str],
    limits: ProviderLimits,
    freeze_limit_s: float,
    wanted: Act | None,
) -> Fault:
    at_s = chance.uniform(0.0, 4.5)
    act = wanted or chance.choices(_ACTS, (45, 20, 8, 20, 12))[0]
    if act == "delay":
        return _delay(chance, limits, at_s)
    if act == "provider":
        status, after_accept = chance.choice(
            ((500, False), (503, False), (429, False), (0, False), (0, True), (500, True))
        )
        return Fault(
            at_s,
            "provider",
            chance.choice(("gmail", "twilio")),
            status=status,
            times=chance.randint(1, 4),
            after_accept=after_accept,
        )
    if act == "freeze":
        target = chance.choice((*targets, "gmail", "twilio"))
        longest = freeze_limit_s if target not in ("gmail", "twilio") else 3.0
        return Fault(at_s, "freeze", target, for_s=chance.choice((0.3, 1.0, 2.5, longest)))
    stages = [name for name in targets if name not in ("broker", "postgres", "everything")]
    if act == "end" and stages:
        return Fault(at_s, "end", chance.choice(stages))
    return Fault(at_s, "kill", chance.choice(targets))


def _delay(chance: random.Random, limits: ProviderLimits, at_s: float) -> Fault:
    """Below the client's limit, beyond it, and beyond the time in which the provider may act."""
    late = limits.answer_within_s
    over = late + limits.acts_within_s
    for_s = chance.choice((late / 2, late + 0.2, late + 1, (late + over) / 2, over + 1.5))
    return Fault(
        at_s,
        "delay",
        chance.choice(("gmail", "twilio")),
        for_s=for_s,
        status=200,
        times=chance.randint(1, 4),
        late_effect=chance.random() < 0.7,
    )
