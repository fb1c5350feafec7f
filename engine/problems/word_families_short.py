"""Families of word problems with one or two steps. Each draws its numbers and words from ``rng``."""

from random import Random

from engine.problems.word_story import HOLDERS, THINGS, Story, Work, people


def together(rng: Random) -> Story:
    """Answer: a + b."""
    (one, two), thing = people(rng, 2), rng.choice(THINGS)
    a, b = rng.randint(11, 99), rng.randint(11, 99)
    ask = rng.choice(["How many do they have together?", f"How many {thing} is that in all?"])
    work = Work()
    work.step("Together they have", a, "+", b, thing)
    return Story((a, b), f"{one.name} has {a} {thing} and {two.name} has {b} {thing}. {ask}", work)


def left_over(rng: Random) -> Story:
    """Answer: a - b."""
    (one,), thing = people(rng, 1), rng.choice(THINGS)
    b, rest = rng.randint(11, 99), rng.randint(5, 99)
    a = b + rest
    verb = rng.choice(["gave away", "lost", "sold"])
    work = Work()
    work.step("There are", a, "-", b, f"{thing} left")
    return Story((a, b), f"{one.name} had {a} {thing} and {verb} {b} of them. How many {thing} are left?", work)


def equal_groups(rng: Random) -> Story:
    """Answer: a * b."""
    (one,), thing, holder = people(rng, 1), rng.choice(THINGS), rng.choice(HOLDERS)
    a, b = rng.randint(2, 9), rng.randint(4, 24)
    work = Work()
    work.step(f"The {holder} hold", a, "*", b, thing)
    verb = rng.choice(["has", "fills", "carries"])
    prompt = f"{one.name} {verb} {a} {holder} with {b} {thing} in each. How many {thing} are there?"
    return Story((a, b), prompt, work)


def equal_shares(rng: Random) -> Story:
    """Answer: a / b, exact."""
    (one,), thing = people(rng, 1), rng.choice(THINGS)
    b, each = rng.randint(2, 9), rng.randint(4, 24)
    a = b * each
    who = rng.choice(["friends", "children", "teams"])
    work = Work()
    work.step("Each gets", a, "/", b, thing)
    prompt = f"{one.name} shares {a} {thing} equally among {b} {who}. How many {thing} does each get?"
    return Story((a, b), prompt, work)


def change(rng: Random) -> Story:
    """Answer: c - a * b."""
    (one,), thing = people(rng, 1), rng.choice(THINGS)
    a, b = rng.randint(2, 9), rng.randint(3, 15)
    c = a * b + rng.randint(3, 60)
    work = Work()
    cost = work.step(f"The {thing} cost", a, "*", b, "dollars")
    work.step("The change is", c, "-", cost, "dollars")
    prompt = (
        f"{one.name} buys {a} {thing} at {b} dollars each and pays with {c} dollars. "
        f"How many dollars does {one.pronoun} get back?"
    )
    return Story((a, b, c), prompt, work)


def packs_and_loose(rng: Random) -> Story:
    """Answer: a * b + c."""
    (one,), thing, holder = people(rng, 1), rng.choice(THINGS), rng.choice(HOLDERS)
    a, b, c = rng.randint(2, 9), rng.randint(4, 15), rng.randint(3, 60)
    work = Work()
    packed = work.step(f"The {holder} hold", a, "*", b, thing)
    work.step("In all there are", packed, "+", c, thing)
    prompt = (
        f"{one.name} has {a} {holder} with {b} {thing} in each, and {c} loose {thing}. "
        f"How many {thing} does {one.pronoun} have in all?"
    )
    return Story((a, b, c), prompt, work)


def bought_and_used(rng: Random) -> Story:
    """Answer: a + b - c."""
    (one,), thing = people(rng, 1), rng.choice(THINGS)
    a, b = rng.randint(11, 99), rng.randint(11, 99)
    c = rng.randint(10, a + b - 2)
    more, less = rng.choice(["bought", "found", "got"]), rng.choice(["used", "sold", "gave away"])
    work = Work()
    total = work.step(f"{one.name} then has", a, "+", b, thing)
    work.step(f"{one.start} keeps", total, "-", c, thing)
    prompt = f"{one.name} had {a} {thing}, {more} {b} more and {less} {c}. How many {thing} does {one.pronoun} keep?"
    return Story((a, b, c), prompt, work)


def more_than(rng: Random) -> Story:
    """Answer: a + (a + b)."""
    (one, two), thing = people(rng, 2), rng.choice(THINGS)
    a, b = rng.randint(11, 69), rng.randint(3, 49)
    work = Work()
    other = work.step(f"{two.name} has", a, "+", b, thing)
    work.step("Together they have", a, "+", other, thing)
    prompt = (
        f"{one.name} has {a} {thing}. {two.name} has {b} more than {one.name}. How many {thing} do they have together?"
    )
    return Story((a, b), prompt, work)


def times_as_many(rng: Random) -> Story:
    """Answer: a * k - a, or a + a * k."""
    (one, two), thing = people(rng, 2), rng.choice(THINGS)
    a, k = rng.randint(4, 24), rng.randint(2, 8)
    together_asked = rng.random() < 0.5
    work = Work()
    other = work.step(f"{two.name} has", a, "*", k, thing)
    if together_asked:
        work.step("Together they have", a, "+", other, thing)
        ask = f"How many {thing} do they have together?"
    else:
        work.step("The difference is", other, "-", a, thing)
        ask = f"How many more {thing} does {two.name} have than {one.name}?"
    prompt = f"{one.name} has {a} {thing} and {two.name} has {k} times as many. {ask}"
    return Story((a, k), prompt, work)


def give_then_share(rng: Random) -> Story:
    """Answer: (a - b) / c, exact."""
    (one,), thing = people(rng, 1), rng.choice(THINGS)
    c, each, b = rng.randint(2, 9), rng.randint(4, 19), rng.randint(3, 60)
    a = c * each + b
    work = Work()
    rest = work.step("There are", a, "-", b, f"{thing} left")
    work.step("Each gets", rest, "/", c, thing)
    prompt = (
        f"{one.name} had {a} {thing}, kept {b} and shared the rest equally among {c} friends. "
        f"How many {thing} does each friend get?"
    )
    return Story((a, b, c), prompt, work)


FAMILIES = {
    1: (together, left_over, equal_groups, equal_shares),
    2: (change, packs_and_loose, bought_and_used, more_than, times_as_many, give_then_share),
}
