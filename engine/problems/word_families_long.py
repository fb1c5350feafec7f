"""Families of word problems with three or four steps. Each draws its numbers and words from ``rng``."""

from random import Random

from engine.problems.word_story import HOLDERS, THINGS, Story, Work, people


def two_purchases(rng: Random) -> Story:
    """Answer: a * b + c * d."""
    (one,), (first, second) = people(rng, 1), rng.sample(THINGS, 2)
    a, b, c, d = rng.randint(2, 9), rng.randint(3, 15), rng.randint(2, 9), rng.randint(3, 15)
    work = Work()
    x = work.step(f"The {first} cost", a, "*", b, "dollars")
    y = work.step(f"The {second} cost", c, "*", d, "dollars")
    work.step("In all that is", x, "+", y, "dollars")
    prompt = (
        f"{one.name} buys {a} {first} at {b} dollars each and {c} {second} at {d} dollars each. "
        f"How many dollars does {one.pronoun} spend?"
    )
    return Story((a, b, c, d), prompt, work)


def wages(rng: Random) -> Story:
    """Answer: a * b * c - d."""
    (one,) = people(rng, 1)
    a, b, c = rng.randint(2, 6), rng.randint(5, 12), rng.randint(2, 4)
    d = rng.randint(5, a * b * c - 5)
    work = Work()
    day = work.step("A day pays", a, "*", b, "dollars")
    total = work.step(f"{c} days pay", day, "*", c, "dollars")
    work.step(f"{one.start} keeps", total, "-", d, "dollars")
    prompt = (
        f"{one.name} works {a} hours a day at {b} dollars an hour for {c} days and then spends {d} dollars. "
        f"How many dollars does {one.pronoun} keep?"
    )
    return Story((a, b, c, d), prompt, work)


def bags_given(rng: Random) -> Story:
    """Answer: (a * b - c) / d, exact."""
    (one,), thing, holder = people(rng, 1), rng.choice(THINGS), rng.choice(HOLDERS)
    while True:
        a, b, d = rng.randint(2, 9), rng.randint(6, 19), rng.randint(2, 9)
        c = a * b - d * rng.randint(3, 24)
        if 3 <= c <= 60:
            break
    work = Work()
    total = work.step(f"The {holder} hold", a, "*", b, thing)
    rest = work.step("There are", total, "-", c, f"{thing} left")
    work.step("Each gets", rest, "/", d, thing)
    prompt = (
        f"{one.name} has {a} {holder} with {b} {thing} in each, keeps {c} {thing} and shares the rest equally "
        f"among {d} friends. How many {thing} does each friend get?"
    )
    return Story((a, b, c, d), prompt, work)


def three_people(rng: Random) -> Story:
    """Answer: a * k - b + a."""
    (one, two, three), thing = people(rng, 3), rng.choice(THINGS)
    a, k = rng.randint(4, 24), rng.randint(2, 7)
    b = rng.randint(3, a * k - 3)
    work = Work()
    x = work.step(f"{two.name} has", a, "*", k, thing)
    y = work.step(f"{three.name} has", x, "-", b, thing)
    work.step(f"{one.name} and {three.name} have", a, "+", y, thing)
    prompt = (
        f"{one.name} has {a} {thing}. {two.name} has {k} times as many as {one.name}, and {three.name} has {b} fewer "
        f"than {two.name}. How many {thing} do {one.name} and {three.name} have together?"
    )
    return Story((a, k, b), prompt, work)


def average(rng: Random) -> Story:
    """Answer: (a + b + c) / 3, exact."""
    (one,), thing = people(rng, 1), rng.choice(THINGS)
    a, b = rng.randint(5, 60), rng.randint(5, 60)
    c = 3 * rng.randint(3, 20) - (a + b) % 3
    verb = rng.choice(["sold", "made", "found"])
    work = Work()
    x = work.step("Two days make", a, "+", b, thing)
    y = work.step("Three days make", x, "+", c, thing)
    work.step("The average is", y, "/", 3, f"{thing} a day")
    prompt = (
        f"{one.name} {verb} {a} {thing} on Monday, {b} on Tuesday and {c} on Friday. "
        f"How many {thing} is that a day on average?"
    )
    return Story((a, b, c), prompt, work)


def trip(rng: Random) -> Story:
    """Answer: d - (a * b + c)."""
    (one,) = people(rng, 1)
    a, b, c = rng.randint(2, 6), rng.randint(6, 19), rng.randint(5, 49)
    d = a * b + c + rng.randint(5, 60)
    way = rng.choice(["drives", "rides", "sails"])
    work = Work()
    x = work.step(f"First {one.pronoun} covers", a, "*", b, "miles")
    y = work.step("In all that is", x, "+", c, "miles")
    work.step("There are", d, "-", y, "miles left")
    prompt = (
        f"{one.name} {way} for {a} hours at {b} miles an hour and then {c} miles more. The whole trip is {d} miles. "
        "How many miles are left?"
    )
    return Story((a, b, c, d), prompt, work)


def purchases_and_change(rng: Random) -> Story:
    """Answer: e - (a * b + c * d)."""
    (one,), (first, second) = people(rng, 1), rng.sample(THINGS, 2)
    a, b, c, d = rng.randint(2, 9), rng.randint(3, 12), rng.randint(2, 9), rng.randint(3, 12)
    e = a * b + c * d + rng.randint(3, 60)
    work = Work()
    x = work.step(f"The {first} cost", a, "*", b, "dollars")
    y = work.step(f"The {second} cost", c, "*", d, "dollars")
    z = work.step("In all that is", x, "+", y, "dollars")
    work.step("The change is", e, "-", z, "dollars")
    prompt = (
        f"{one.name} buys {a} {first} at {b} dollars each and {c} {second} at {d} dollars each, and pays with {e} "
        f"dollars. How many dollars does {one.pronoun} get back?"
    )
    return Story((a, b, c, d, e), prompt, work)


def savings(rng: Random) -> Story:
    """Answer: a * b + c - d * e."""
    (one,), thing = people(rng, 1), rng.choice(THINGS)
    a, b, c, d = rng.randint(4, 19), rng.randint(3, 8), rng.randint(5, 49), rng.randint(2, 8)
    e = rng.randint(2, min(12, (a * b + c - 1) // d))
    work = Work()
    x = work.step(f"{one.start} saves", a, "*", b, "dollars")
    y = work.step("With the gift that is", x, "+", c, "dollars")
    z = work.step(f"The {thing} cost", d, "*", e, "dollars")
    work.step(f"{one.start} keeps", y, "-", z, "dollars")
    prompt = (
        f"{one.name} saves {a} dollars a week for {b} weeks and gets {c} dollars as a gift. Then {one.pronoun} buys "
        f"{d} {thing} at {e} dollars each. How many dollars does {one.pronoun} keep?"
    )
    return Story((a, b, c, d, e), prompt, work)


def harvest(rng: Random) -> Story:
    """Answer: (a * b * c - d) / e, exact."""
    (one,), thing = people(rng, 1), rng.choice(["apples", "plums", "oranges", "pears", "lemons", "figs"])
    while True:
        a, b, c, e = rng.randint(2, 6), rng.randint(2, 6), rng.randint(3, 9), rng.randint(2, 9)
        d = a * b * c - e * rng.randint(3, 24)
        if 3 <= d <= 60:
            break
    work = Work()
    x = work.step("There are", a, "*", b, "trees")
    y = work.step("They bear", x, "*", c, thing)
    z = work.step("There are", y, "-", d, f"{thing} left")
    work.step("Each bag holds", z, "/", e, thing)
    prompt = (
        f"{one.name} has {a} rows of {b} trees, and each tree bears {c} {thing}. {one.start} sells {d} {thing} and "
        f"packs the rest equally into {e} bags. How many {thing} are in each bag?"
    )
    return Story((a, b, c, d, e), prompt, work)


def family_total(rng: Random) -> Story:
    """Answer: a + a * k + (a * k - b)."""
    (one, two, three), thing = people(rng, 3), rng.choice(THINGS)
    a, k = rng.randint(4, 24), rng.randint(2, 5)
    b = rng.randint(3, a * k - 3)
    work = Work()
    x = work.step(f"{two.name} has", a, "*", k, thing)
    y = work.step(f"{three.name} has", x, "-", b, thing)
    z = work.step(f"{one.name} and {two.name} have", a, "+", x, thing)
    work.step("In all there are", z, "+", y, thing)
    prompt = (
        f"{one.name} has {a} {thing}. {two.name} has {k} times as many as {one.name}, and {three.name} has {b} fewer "
        f"than {two.name}. How many {thing} do all three have in all?"
    )
    return Story((a, k, b), prompt, work)


FAMILIES = {
    3: (two_purchases, wages, bags_given, three_people, average, trip),
    4: (purchases_and_change, savings, harvest, family_total),
}
