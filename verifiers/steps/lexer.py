"""Cuts one step of prose, plain arithmetic or LaTeX into tokens with their places in the text. Linear in its length."""

import re
from typing import NamedTuple

from verifiers.math.tokens import names


class Token(NamedTuple):
    """``kind``:

    ``n`` number (text: its digits) ``v`` variable ``f`` function or fraction command ``o`` operator or bracket
    ``r`` relation (text: = ~ < > <= >= != ==) ``w`` word (text: lower case) ``d`` edge of inline mathematics
    ``p`` what ends an expression (punctuation, end of line, display, arrow) ``x`` mathematics that is not read
    """

    kind: str
    text: str
    start: int
    end: int
    math: bool = False
    """Stands in LaTeX mathematics."""


_new = tuple.__new__  # half of what Token(…) costs
_TOKEN = re.compile(
    r"[ \t\r\f\v\u00a0]*(?:(?P<end>\Z)|(?P<nl>\s*\n\s*)"
    r"|(?P<n>\d{1,3}(?:(?:,|\{,\}|,\\!|\\,)\d{3}(?!\d))+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    r"|\\(?P<cmd>[A-Za-z]+)\*?|(?P<esc>\\.)|(?P<w>[A-Za-z]+(?:['’][a-z]{1,2}(?![a-z]))?)"
    r"|(?P<mark><<[^<>\n]{0,200}>>)|(?P<arrow>=>|->|-->|==>|[→⇒⟹⇔])|(?P<r><=|>=|=<|!=|==|≤|≥|≠|≈|≅|[=<>])"
    r"|(?P<stars>\*\*+|\*)|(?P<dots>\.\.+|…)|(?P<o>[-+/^()\[\]{}!%_|'′²³°×·÷−–⋅∙∗√½¼¾π])|(?P<dollar>\$\$?)|(?P<p>.))",
    re.DOTALL,
)
_SIGNS = {
    "×": "*", "·": "*", "⋅": "*", "∙": "*", "∗": "*", "÷": "/", "−": "-", "–": "-", "′": "'",
    "≤": "<=", "≥": ">=", "=<": "<=", "≠": "!=", "≈": "~", "≅": "~",
}  # fmt: skip
_COMMANDS = {
    "cdot": ("o", "*"), "times": ("o", "*"), "ast": ("o", "*"), "div": ("o", "/"), "colon": ("p", ":"),
    "le": ("r", "<="), "leq": ("r", "<="), "leqslant": ("r", "<="), "ge": ("r", ">="), "geq": ("r", ">="),
    "geqslant": ("r", ">="), "lt": ("r", "<"), "gt": ("r", ">"), "ne": ("r", "!="), "neq": ("r", "!="),
    "approx": ("r", "~"), "simeq": ("r", "~"), "doteq": ("r", "~"), "equiv": ("r", "=="), "cong": ("x", "cong"),
    "lbrace": ("x", "{"), "rbrace": ("x", "}"), "pi": ("v", "π"), "lvert": ("o", "|"), "rvert": ("o", "|"),
    "bmod": ("x", "mod"), "pmod": ("x", "mod"), "mod": ("x", "mod"), "pm": ("x", "pm"), "mp": ("x", "pm"),
    "ldots": ("x", "..."), "dots": ("x", "..."), "cdots": ("x", "..."), "vdots": ("x", "..."), "degree": ("o", "°"),
    "quad": ("p", " "), "qquad": ("p", " "), "prime": ("o", "'"), "mid": ("x", "mid"),
}  # fmt: skip
_ARROWS = names(
    "implies impliedby iff to rightarrow Rightarrow longrightarrow Longrightarrow Leftrightarrow leftrightarrow"
    " therefore because Longleftrightarrow mapsto land lor"
)
FUNCTIONS = names(
    "frac dfrac tfrac cfrac sqrt binom dbinom tbinom sin cos tan cot sec csc arcsin arccos arctan ln log exp"
)
_PLAIN_FUNCTIONS = names("sqrt sin cos tan cot sec csc arcsin arccos arctan ln log exp")
_SAME = {"dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "dbinom": "binom", "tbinom": "binom"}
_GREEK = names(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau"
    " upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Sigma Phi Psi Omega ell"
)
_SILENT = names(
    "left right big Big bigg Bigg bigl bigr Bigl Bigr displaystyle textstyle limits nolimits boxed fbox cancel"
    " mathstrut strut hfill nonumber notag color underline"
)
_TEXTS = names("text textbf textit textrm mathrm mbox texttt textsf mathit mathsf emph")
_ENVIRONMENT = re.compile(r"\{[A-Za-z*]{1,20}\}(?:\[[a-z]\])?(?:\{[lcr|]+\})?")
_BOLD = names("mathbf boldsymbol bm pmb")
_LETTER = re.compile(r"\s*\{?\s*[A-Za-z]")
_DISPLAYS = names("align aligned alignat equation gather gathered eqnarray multline split")
_NUMBER_WORDS = {"plus": "+", "minus": "-", "times": "*", "multiplied": "*"}
_GLUED = names(
    "cm mm km kg mg ml ft in yd mi lb lbs oz hr hrs min mins sec s m g l mph kph st nd rd th am pm gb mb tb kb cc"
    " hz kw wh deg rad pts"
)
_UNIT_LETTERS = frozenset("smghLNJWVCK")
_SPECIAL = frozenset(_NUMBER_WORDS) | _PLAIN_FUNCTIONS
_BULLET = re.compile(r"[ \t]*(?:\d{1,2}[.)](?=\s)|\(\d{1,2}\)(?=\s+[A-Za-z(\\$])|[-*•–](?=\s)|#{1,6}\s|>\s)[ \t]*")


def tokenize(
    text: str, start: int = 0, end: int | None = None, limit: int = 6000, *, bullets: bool = True
) -> list[Token]:
    """Tokens of ``text[start:end]``; at most ``limit`` of them."""
    end = len(text) if end is None else end
    lexer = _Lexer(text, end)
    return lexer.run(lexer.bullet(start) if bullets else start, limit)


class _Lexer:
    def __init__(self, text: str, end: int) -> None:
        self.text, self.end = text, end
        self.out: list[Token] = []
        self.math = ""
        """The delimiter that will close the mathematics that is open."""

    def run(self, at: int, limit: int) -> list[Token]:
        match_at, text, end, out, signs = _TOKEN.match, self.text, self.end, self.out, _SIGNS
        while at < end and len(out) < limit:
            match = match_at(text, at, end)
            if match is None:
                break
            kind = match.lastgroup or "p"
            start, at = match.span(kind)
            found = text[start:at]
            if kind == "w":
                if at - start > 3 and not self.math:
                    word = found.lower()
                    if word not in _SPECIAL:  # most of the text
                        named = text[start - 1].isdigit() if start else False  # 3Dachshund, 6abcd
                        out.append(_new(Token, ("x" if named else "w", word, start, at, False)))
                        continue
            elif kind == "o":
                if found not in "-–":
                    out.append(_new(Token, ("o", signs.get(found, found), start, at, bool(self.math))))
                    continue
            elif kind == "n":
                if found.isdigit():
                    out.append(_new(Token, ("n", found, start, at, bool(self.math))))
                    continue
            elif kind == "end":
                break
            at = self._add(kind, found, start - (kind == "cmd"), match.end())
        return out

    def bullet(self, at: int) -> int:
        bullet = _BULLET.match(self.text, at, self.end)
        return bullet.end() if bullet else at

    def _put(self, kind: str, text: str, start: int, end: int) -> None:
        self.out.append(_new(Token, (kind, text, start, end, bool(self.math))))

    def _add(self, kind: str, text: str, start: int, end: int) -> int:
        """Add one token; the position to read on from."""
        if kind == "n":
            self._put("n", text if text.isdigit() else re.sub(r"[^\d.]", "", text), start, end)
        elif kind == "w":
            self._word(text, start, end)
        elif kind == "cmd":
            return self._command(text, start, end)
        elif kind == "dollar":
            self._dollar(text, start, end)
        elif kind == "esc":
            return self._escape(text, start, end)
        elif kind == "nl":
            return self._line(text, start, end)
        elif kind in ("r", "o"):
            self._sign(kind, text, start, end)
        elif kind == "stars":
            self._stars(text, start, end)
        elif kind == "arrow":
            self._put("p", "=>", start, end)
        elif kind == "dots":
            self._put("x", "...", start, end)
        elif kind == "p" and text != "&":  # a calculator mark is a claim of its own, and an & of a table says nothing
            foreign = ord(text) > 127 and text not in "“”‘’—•«»，。：；、"
            self._put(("v" if text.isalpha() else "x") if foreign else "p", text, start, end)
        return end

    def _line(self, text: str, start: int, end: int) -> int:
        """End of a line. In mathematics it is white space, but two formulas on two lines are no product."""
        if self.math and text.count("\n") == 1:
            self._put("d", "\n", start, end)
            return end
        self.math = "" if self.math == "$" else self.math
        self._put("p", "\n", start, end)
        return self.bullet(end) if not self.math else end

    def _sign(self, kind: str, text: str, start: int, end: int) -> None:
        left = self.out[-1] if self.out else None
        if text == "!=" and re.match(r"[\w)}\]]", self.text[start - 1 : start]):
            self._put("o", "!", start, start + 1)
            self._put("r", "=", start + 1, end)
        elif text in "-–" and left and left.text == ")" and left.kind == "d" and _OPENS.match(self.text, end):
            self._put("x", "-", start, end)  # between two formulas: perhaps a bullet
        else:
            self._put(kind, _SIGNS.get(text, text), start, end)

    def _stars(self, text: str, start: int, end: int) -> None:
        """``**`` is a power between values, else bold type; ``*`` a product."""
        left = self.out[-1] if self.out else None
        operand = left is not None and (left.kind in "nvfx" or left.text in (")", "]", "}", "%", "$"))
        right = self.text[end : end + 1]
        if len(text) == 2 and operand and (right.isdigit() or right in "(-" or right.isspace()):
            self._put("o", "^", start, end)
        elif len(text) == 1 and not (right.isalpha() and not operand):
            self._put("o", "*", start, end)

    def _word(self, text: str, start: int, end: int) -> None:
        lower = text.lower()
        if self.math and text not in _PLAIN_FUNCTIONS:
            for offset, letter in enumerate(text):
                if letter.isalpha():
                    self._put("v", letter, start + offset, start + offset + 1)
        elif len(text) == 1:
            self._letter(text, start, end)
        elif len(text) <= 3 and lower not in _GLUED and self.text[start - 1 : start].isdigit():
            self._put("x", text, start, end)  # 2ab
        elif lower == "pi":
            self._put("v", "π", start, end)
        elif lower in _PLAIN_FUNCTIONS and (self.math or self.text[end : end + 1] in ("(", " ")):
            self._put("f", lower, start, end)
        elif lower in _NUMBER_WORDS:
            self._put("o", _NUMBER_WORDS[lower], start, end)
        elif lower == "by" and self.out and self.out[-1].text == "divided":
            self.out[-1] = Token("o", "/", self.out[-1].start, end)
        elif not (lower == "by" and self.out and self.text[self.out[-1].start : end].lower().startswith("multiplied")):
            self._put("w", lower, start, end)

    def _letter(self, text: str, start: int, end: int) -> None:
        """One letter in prose: a variable, an article, a unit, or the ``x`` of a product."""
        if text in "xX" and self._is_times(start, end):
            self._put("o", "*", start, end)
        elif text in "aAI" and not self._beside_sign(start, end):
            self._put("w", text.lower(), start, end)
        else:
            self._put("w" if text in _UNIT_LETTERS and self._is_unit(start) else "v", text, start, end)

    def _is_unit(self, start: int) -> bool:
        """``9000 s`` and ``km/s``"""
        if not self.out:
            return False
        left = self.out[-1]
        if left.text == "/" and len(self.out) > 1:
            return self.out[-2].kind == "w"
        return left.kind == "n" and left.end < start

    def _is_times(self, start: int, end: int) -> bool:
        """Whether this ``x`` is a multiplication sign: between a value and a number."""
        left = self.out[-1] if self.out else None
        if left is None or not (left.kind == "n" or left.text in (")", "%", "$") or left.kind == "w"):
            return False
        spaced = self.text[start - 1].isspace()
        right = re.compile(r"\s*\\?[$£€]?\(?\d").match(self.text, end, self.end)
        if left.kind == "w":  # 5 apples x 3
            return bool(right) and spaced and any(token.kind == "n" for token in self.out[-4:-1])
        return bool(right) and spaced == self.text[end : end + 1].isspace()

    def _beside_sign(self, start: int, end: int) -> bool:
        if self.text[start - 1 : start].isdigit() or self.text[start - 1 : start] == "}":
            return True
        if self.text[end : end + 1] in ("\\", "_", "^"):
            return True
        around = self.text[max(start - 2, 0) : start].rstrip()[-1:], self.text[end : end + 2].lstrip()[:1]
        return (around[0] in tuple("=+*/^(<>-") and around[0] != "") or (
            around[1] in tuple("=+*/^)<>") and around[1] != ""
        )

    def _command(self, name: str, start: int, end: int) -> int:
        if name in _COMMANDS:
            self._put(*_COMMANDS[name], start, end)
        elif name in FUNCTIONS:
            self._put("f", _SAME.get(name, name), start, end)
        elif name in _GREEK:
            self._put("v", "\\" + name, start, end)
        elif name in _TEXTS:
            return self._text(start, end)
        elif name in ("begin", "end"):
            environment = _ENVIRONMENT.match(self.text, end, self.end)
            inner = self.text[end : environment.end()] if environment else ""
            table = any(word in inner for word in ("matrix", "array", "cases"))
            self._environment(name, inner.partition("}")[0][1:], end)
            self._put("x" if table else "p", "\n", start, end)
            return environment.end() if environment else end
        elif name in _ARROWS:
            self._put("p", "=>", start, end)
        elif name == "tag":
            self._put("p", "tag", start, end)
            close = self.text.find("}", end, self.end)
            return close + 1 if close >= 0 else end
        elif name == "circ":
            return self._degrees(start, end)
        elif name in _BOLD:
            if _LETTER.match(self.text, end, self.end):
                self._put("x", name, start, end)  # a vector or a matrix
        elif name not in _SILENT:
            self._put("x", name, start, end)
        return end

    def _environment(self, name: str, kind: str, at: int) -> None:
        """``align`` and the like are mathematics, where they are closed again."""
        if name == "end":
            self.math = "" if self.math == "\\end" else self.math
        elif not self.math and kind.rstrip("*") in _DISPLAYS and self.text.find(f"\\end{{{kind}}}", at, self.end) >= 0:
            self.math = "\\end"

    def _degrees(self, start: int, end: int) -> int:
        r"""``^\circ`` and ``^{\circ}``; any other circle is not read."""
        if not self.out or self.out[-1].text not in ("^", "{") or self.out[-1].kind != "o":
            self._put("x", "circ", start, end)
            return end
        if self.out[-1].text == "{":
            self.out.pop()
            close = self.text.find("}", end, end + 3)
            end = close + 1 if close >= 0 else end
        if self.out and self.out[-1].text == "^":
            self.out.pop()
        self._put("o", "°", start, end)
        return end

    def _text(self, start: int, end: int) -> int:
        r"""``\text{…}``: one word token that holds all of it."""
        opening = end
        while opening < self.end and self.text[opening] == " ":
            opening += 1
        if self.text[opening : opening + 1] != "{":
            return end
        depth, at, limit = 0, opening, min(self.end, opening + 400)
        while at < limit:
            depth += (self.text[at] == "{") - (self.text[at] == "}")
            at += 1
            if not depth:
                break
        inner = self.text[opening + 1 : at - 1].strip(" \n~").lower()
        if inner in ("", ".", ","):
            self._put("p", inner or " ", start, at) if inner else None
        elif inner in _PLAIN_FUNCTIONS:
            self._put("f", inner, start, at)
        else:
            self._put("w", inner, start, at)
        return at

    def _escape(self, text: str, start: int, end: int) -> int:
        sign = text[1]
        if sign in "([":
            self._put("d" if sign == "(" else "p", sign, start, end)
            self.math = "\\)" if sign == "(" else "\\]"
        elif sign in ")]":
            self.math = ""
            self._put("d" if sign == ")" else "p", sign, start, end)
        elif sign == "\\":
            self._put("p", "\n", start, end)
            gap = re.compile(r"\[\d+(?:pt|ex|em|mm)\]").match(self.text, end, self.end)
            return gap.end() if gap else end
        elif sign in "%*":
            self._put("o", sign, start, end)
        elif sign in "{}|":
            self._put("x", sign, start, end)
        elif sign == "n":
            self._put("p", "\n", start, end)
        return end  # spaces and \$ say nothing

    def _dollar(self, text: str, start: int, end: int) -> None:
        """Edge of mathematics, or a sign of money, which is dropped."""
        if text == "$$":
            self._put("p", "$$", start, end)
            self.math = "" if self.math else "$$"
        elif self.math == "$":
            self.math = ""
            self._put("d", ")", start, end)
        elif not self.math and self._opens(end):
            self._put("d", "(", start, end)
            self.math = "$"

    def _opens(self, at: int) -> bool:
        """Whether a dollar sign opens inline mathematics that closes soon, rather than prices something."""
        close = self.text.find("$", at, min(self.end, at + 400))
        if close <= at or self.text[at].isspace() or self.text[close - 1] in " \\+-*/=(":
            return False
        inner = self.text[at:close]
        after = self.text[close + 1 : close + 2]
        if after.isdigit() or (self.text[at].isdigit() and _PROSE.search(inner)):
            return False
        return not _SENTENCE.search(inner)


_OPENS = re.compile(r"\s*(?:\$|\\\()")
_PROSE = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{2,}")
_SENTENCE = re.compile(
    r"(?<![\\A-Za-z{])(?!(?:sin|cos|tan|log|mod|gcd|lcm|max|min)\b)[A-Za-z]{4,}(?![^{}]*\}) |[.?!]\s"
)
