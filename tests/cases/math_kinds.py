r"""What equals what, kind by kind: each line is ``gold ;; boxed answer ;; expected``.

P = PASS, F = FAIL, A = ABSTAIN, X = anything but PASS. Every kind has right answers and near misses.
"""

from pathlib import Path

KINDS: dict[str, str] = {
    "repeating decimals": r"""
0.\overline{3} ;; 1/3 ;; P
0.\overline{3} ;; \frac{1}{3} ;; P
0.\overline{3} ;; 0.3 ;; X
0.\overline{3} ;; 0.\overline{4} ;; F
0.1\overline{6} ;; 1/6 ;; P
0.1\overline{6} ;; 0.\overline{16} ;; F
0.\dot{3} ;; 1/3 ;; P
0.\dot{1}\dot{8} ;; 2/11 ;; P
0.333... ;; 1/3 ;; P
0.333\ldots ;; 1/3 ;; P
0.333\ldots ;; 3/10 ;; X
1.\overline{27} ;; \frac{14}{11} ;; P
1.\overline{27} ;; \frac{14}{10} ;; F
-0.\overline{3} ;; -1/3 ;; P
0.(3) ;; 1/3 ;; P
""",
    "mixed numbers and percent": r"""
3\frac{1}{2} ;; 3.5 ;; P
3 1/2 ;; 7/2 ;; P
-2\frac{1}{3} ;; -\frac{7}{3} ;; P
-2\frac{1}{3} ;; -\frac{5}{3} ;; F
33\frac{1}{3}\% ;; \frac13 ;; P
33\frac{1}{3}\% ;; 11\% ;; F
5\% ;; 0.05 ;; P
5\% ;; 0.5 ;; F
50 \text{ percent} ;; 50\% ;; P
28\% ;; 28 pct ;; P
""",
    "scientific notation and separators": r"""
1.5 \times 10^{3} ;; 1500 ;; P
1.5 x 10^3 ;; 1500 ;; P
1.5E+3 ;; 1500 ;; P
1.5*10^3 ;; 150 ;; F
6.02 \times 10^{23} ;; 602000000000000000000000 ;; P
6.02 \times 10^{23} ;; 60200000000000000000000 ;; F
1 234 567 ;; 1234567 ;; P
1{,}234{,}567 ;; 1234567 ;; P
1 234 567 ;; 123 ;; F
""",
    "complex numbers": r"""
3+4i ;; 4i+3 ;; P
3+4i ;; 3+4j ;; P
3+4i ;; 3-4i ;; F
e^{i\pi} ;; -1 ;; P
e^{i\pi} ;; 1 ;; F
2(\cos 60^\circ + i \sin 60^\circ) ;; 1+\sqrt{3}i ;; P
2\operatorname{cis} 60^\circ ;; 1+i\sqrt{3} ;; P
2\operatorname{cis} 60^\circ ;; 1-i\sqrt{3} ;; F
""",
    "functions by name": r"""
\operatorname{arccosh}(2) ;; \text{acosh}(2) ;; P
\operatorname{arccosh}(2) ;; \operatorname{arcsinh}(2) ;; F
\sinh^{-1}(1) ;; \ln(1+\sqrt2) ;; P
\operatorname{arctanh} x ;; \operatorname{artanh}(x) ;; P
\tanh x ;; \frac{e^x-e^{-x}}{e^x+e^{-x}} ;; P
\tanh x ;; \frac{e^x+e^{-x}}{e^x-e^{-x}} ;; F
\gcd(12, 18) ;; 6 ;; P
7 \bmod 3 ;; 1 ;; P
7 \bmod 3 ;; 2 ;; F
\lfloor 2.7 \rfloor ;; 2 ;; P
{}_5C_2 ;; 10 ;; P
{}_5P_2 ;; 10 ;; F
""",
    "intervals and unions": r"""
(-\infty, 3) \cup (5, \infty) ;; (-inf, 3) U (5, inf) ;; P
(-\infty, 3) \cup (5, \infty) ;; (-inf, 3) U [5, inf) ;; F
(1, 2] ;; ]1, 2] ;; P
(1, 2] ;; ]1, 2[ ;; F
(-\infty, \infty) ;; \mathbb{R} ;; P
\mathbb{R} ;; all real numbers ;; P
\mathbb{R} ;; (0, \infty) ;; F
\mathbb{R} \setminus \{0\} ;; x \neq 0 ;; P
\mathbb{R} \setminus \{0\} ;; (-\infty,0)\cup(0,\infty) ;; P
\mathbb{R} \setminus \{0\} ;; (-\infty,0]\cup(0,\infty) ;; F
\mathbb{R} - \{1, 2\} ;; (-\infty,1)\cup(1,2)\cup(2,\infty) ;; P
[1,2] \cup [2,3] ;; [1,3] ;; P
[1,2) \cup (2,3] ;; [1,3] ;; F
A \cup B ;; B \cup A ;; P
A \cap B ;; A \cup B ;; X
""",
    "inequalities": r"""
x \in [1, 2] ;; 1 \le x \le 2 ;; P
x \notin [1,2] ;; x<1 \text{ or } x>2 ;; P
x \notin [1,2] ;; x\le 1 \text{ or } x>2 ;; F
|x| < 2 ;; -2 < x < 2 ;; P
|x| < 2 ;; -2 \le x < 2 ;; F
|x| \ge 2 ;; x \le -2 \text{ or } x \ge 2 ;; P
|x - 1| \ge 2 ;; x \le -1 \text{ or } x \ge 3 ;; P
2x > 4 ;; x > 2 ;; P
-2x > 4 ;; x < -2 ;; P
-2x > 4 ;; x > -2 ;; F
1<x<2 ;; x>1 \text{ and } x<2 ;; P
1<x<2 ;; x>1 \text{ or } x<2 ;; F
x \neq 1, 2 ;; x\ne 1 \text{ and } x \ne 2 ;; P
x \neq 1, 2 ;; x\ne 1 ;; F
x \ge 0, y \ge 0 ;; y\ge 0, x \ge 0 ;; P
x \ge 0, y \ge 0 ;; y\ge 0, x \le 0 ;; X
a>b ;; b<a ;; P
a>b ;; b>a ;; X
""",
    "equations": r"""
y = 2x + 1 ;; 2x - y + 1 = 0 ;; P
2x+3y=6 ;; y = 2 - \frac{2}{3}x ;; P
2x+3y=6 ;; y = 2 + \frac{2}{3}x ;; X
xy=6 ;; y=6/x ;; P
xy=6 ;; \frac{6}{x} ;; P
xy=6 ;; \frac{6}{x+1} ;; X
xy=6 ;; 6 ;; X
2x = 10 ;; x = 5 ;; P
2x = 10 ;; 10 ;; X
x^2=4 ;; 2 ;; X
x_1=2 ;; x=2 ;; P
x_{1}=2, x_{2}=3 ;; x = 2 or x = 3 ;; P
x_{1}=2, x_{2}=3 ;; x = 2 or x = 4 ;; F
x=1, y=2 ;; (1, 2) ;; P
x=1, y=2 ;; x=2, y=1 ;; X
(x,y)=(1,2) ;; x=1, y=2 ;; P
\begin{cases} x=1 \\ y=2 \end{cases} ;; (1,2) ;; P
\left\{\begin{array}{l}x=1\\y=2\end{array}\right. ;; x=1,y=2 ;; P
\left\{\begin{array}{l}x=1\\y=2\end{array}\right. ;; x=1,y=3 ;; F
x \equiv 3 \pmod 5 ;; x \equiv 8 \pmod{5} ;; P
x \equiv 3 \pmod 5 ;; x \equiv 4 \pmod 5 ;; F
""",
    "matrices and vectors": r"""
\begin{pmatrix}1\\2\end{pmatrix} ;; (1,2) ;; P
\begin{pmatrix}1\\2\end{pmatrix} ;; (2,1) ;; F
\langle 1,2,3\rangle ;; (1,2,3) ;; P
\langle 1,2,3\rangle ;; (1,3,2) ;; F
\begin{bmatrix}1&2\\3&4\end{bmatrix} ;; [[1,2],[3,4]] ;; P
\begin{bmatrix}1&2\\3&4\end{bmatrix} ;; [[1,2],[4,3]] ;; F
\begin{bmatrix}1&2\\3&4\end{bmatrix} ;; \frac12\begin{bmatrix}2&4\\6&8\end{bmatrix} ;; P
\begin{bmatrix}1&2\\3&4\end{bmatrix} ;; 2\begin{bmatrix}2&4\\6&8\end{bmatrix} ;; F
\begin{vmatrix}1&2\\3&4\end{vmatrix} ;; -2 ;; P
\begin{vmatrix}1&2\\3&4\end{vmatrix} ;; 2 ;; F
\vec{a} ;; \overrightarrow{a} ;; P
3\vec{a}+\vec{b} ;; 3\vec b + \vec a ;; X
""",
    "free constants and parameters": r"""
e^x + C ;; e^x + c ;; P
e^x + C ;; e^x ;; X
e^x + C ;; 2e^x + C ;; X
\frac{\sin^2 x}{2} + C ;; -\frac{\cos 2x}{4} + C ;; P
\ln|x| + C ;; \ln|2x|+C ;; P
C_1 e^{x} + C_2 e^{-x} ;; A e^{x} + B e^{-x} ;; P
C_1 e^{x} + C_2 e^{-x} ;; C_1 e^{x} + C_2 e^{2x} ;; X
C_1 - C_2 ;; C_2 - C_1 ;; X
k\pi, k\in\mathbb{Z} ;; n\pi, n \in \mathbb{Z} ;; P
k\pi, k\in\mathbb{Z} ;; 2n\pi, n \in \mathbb{Z} ;; X
\frac{\pi}{4} + k\pi, k \in \mathbb{Z} ;; \frac{\pi}{4}+n\pi ;; P
\frac{\pi}{4} + k\pi, k \in \mathbb{Z} ;; \frac{5\pi}{4}+k\pi, k \in \mathbb{Z} ;; P
\frac{\pi}{4} + k\pi, k \in \mathbb{Z} ;; \frac{3\pi}{4}+k\pi, k \in \mathbb{Z} ;; X
\frac{\pi}{4} + k\pi ;; \frac{\pi}{4}+2n\pi ;; X
(k, l) = (1 + 2x, 3 - x) ;; (1 + 2t, 3 - t) \text{ for some integer } t ;; P
(k, l) = (1 + 2x, 3 - x) ;; (1 + 2t, 3 + t) \text{ for some integer } t ;; X
f(x)=-1, f(x)=x+1 ;; f(x)=-1 \text{ for all } x \in \mathbb{Z}, f(x)=x \text{ for all } x \in \mathbb{Z} ;; F
""",
    "plus-minus and alternatives": r"""
1 \pm \sqrt{3} ;; 1+\sqrt3 \text{ and } 1-\sqrt3 ;; P
\pm 3 ;; +/- 3 ;; P
\pm 3 ;; 3 ;; F
\frac{3}{4} \text{ or } 0.75 ;; 3/4 ;; P
\frac{3}{4} \text{ or } 0.8 ;; 3/4 ;; F
""",
    "words": r"""
\text{Yes} ;; Yes, it is. ;; P
\text{Yes} ;; no, it is not ;; X
True ;; False ;; F
\infty ;; infinitely many ;; P
\infty ;; many ;; X
\text{infinitely many} ;; 0 ;; X
five ;; 5 ;; P
12 ;; twelve ;; P
21 ;; twenty-one ;; P
21 ;; twenty-two ;; F
205 ;; two hundred and five ;; P
\text{seventeen} ;; 18 ;; F
\text{no real solutions} ;; \emptyset ;; P
\emptyset ;; \{\} ;; P
\emptyset ;; \{0\} ;; X
\text{does not exist} ;; DNE ;; P
Petya will receive the last token. ;; Petya ;; P
Petya will receive the last token. ;; Vasya ;; X
Petya will not receive the last token. ;; Petya ;; X
Petya and Vasya will win. ;; Petya ;; X
Yes, because 3 is odd. ;; odd ;; X
If x is even then y is odd. ;; odd ;; X
John has more apples than Mary. ;; John ;; P
John has more apples than Mary. ;; Mary ;; X
Mary's brother wins the race. ;; Mary ;; X
The function $f(x+1)$ is odd. ;; odd ;; P
The function $f(x+1)$ is odd. ;; even ;; X
The function $f(x+1)$ is not odd. ;; odd ;; X
Each red pen costs $4$ dollars and each blue pen $3$ dollars. ;; 4 dollars, 3 dollars ;; P
Each red pen costs $4$ dollars and each blue pen $3$ dollars. ;; 3 dollars, 4 dollars ;; X
∀x＞0, x<sup>2</sup>≥0 ;; \forall x > 0, x^2 \geq 0 ;; P
∀x＞0, x<sup>2</sup>≥0 ;; \exists x > 0, x^2 \geq 0 ;; X
\triangle ABC ;; triangle ABC ;; P
\triangle ABC ;; triangle ABD ;; X
""",
    "multiple choice": r"""
B ;; \text{B. 12} ;; P
B ;; (b) ;; P
B ;; Option B ;; P
B ;; C. 12 ;; F
(B) 12 ;; 12 ;; P
(B) 12 ;; 13 ;; X
(C)\ 15 ;; \textbf{(C)}\ 15 ;; P
(C)\ 15 ;; \textbf{(D)}\ 15 ;; F
""",
    "units and currency": r"""
5 \text{ km} ;; 5000 \text{ m} ;; P
5 \text{ km} ;; 500 \text{ m} ;; F
5 \text{ km/h} ;; 5 \text{ kilometers per hour} ;; P
5 \text{ m/s} ;; 18 \text{ km/h} ;; P
5 \text{ m/s} ;; 5 \text{ km/h} ;; F
5 \text{ m/s} ;; 5 \text{ m/s}^2 ;; F
9.8 \mathrm{~m/s^2} ;; 9.8 ;; P
9.8 \mathrm{~m/s^2} ;; 9.8 \mathrm{~m\,s^{-2}} ;; P
10 \mathrm{~cm^3} ;; 10 \text{ mL} ;; P
10 \mathrm{~cm^3} ;; 10 \text{ L} ;; F
2.5 \text{ hours} ;; 2 \text{ hours } 30 \text{ minutes} ;; P
2.5 \text{ hours} ;; 2 \text{ hours and } 30 \text{ minutes} ;; P
2.5 \text{ hours} ;; 2 \text{ hours } 50 \text{ minutes} ;; F
5 \text{ feet } 6 \text{ inches} ;; 66 \text{ inches} ;; P
5 \text{ feet } 6 \text{ inches} ;; 56 \text{ inches} ;; F
\$5.50 ;; 550 \text{ cents} ;; P
\$5 million ;; \$5,000,000 ;; P
\$5 million ;; \$5,000 ;; F
2.653 \text{ m} ;; 2.65 ;; P
2.653 \text{ m} ;; 2.66 ;; F
2.653 \text{ m} ;; 2.7 ;; F
""",
    "angles": r"""
60^\circ ;; \frac{\pi}{3} ;; P
60^\circ ;; \frac{\pi}{6} ;; F
30^\circ 30' ;; 30.5^\circ ;; P
30^\circ 30' ;; 30.3^\circ ;; F
\pi/3 ;; 60^\circ ;; P
60^\circ ;; 60 \text{ degrees} ;; P
""",
    "bases": r"""
1011_2 ;; 1011_{2} ;; P
1011_2 ;; 1011_3 ;; F
1011_2 ;; 11 ;; X
1011_2 ;; 1101_2 ;; F
""",
    "dates and times": r"""
15:30 ;; 3:30 PM ;; P
15:30 ;; 3:30 AM ;; F
noon ;; 12:00 PM ;; P
noon ;; midnight ;; F
9:05 AM ;; 9:05 a.m. ;; P
9:05 AM ;; 9:50 a.m. ;; F
9:05 AM ;; 9:05 ;; A
\text{July 4, 1776} ;; 4 July 1776 ;; P
\text{July 4} ;; July 4th ;; P
\text{July 4} ;; July 5 ;; F
2024-03-01 ;; March 1, 2024 ;; P
2024-03-01 ;; January 3, 2024 ;; F
\text{Monday} ;; Tuesday ;; F
""",
    "ratios": r"""
1:2:3 ;; 2:4:6 ;; P
1:2:3 ;; 1:3:2 ;; F
2 \text{ to } 3 ;; 2:3 ;; P
2 \text{ to } 3 ;; 3:2 ;; F
""",
    "sums, integrals, cases": r"""
\sum_{k=1}^{10} k ;; 55 ;; P
\sum_{k=1}^{10} k ;; 54 ;; F
\sum_{k=0}^{n} \binom{n}{k} ;; \sum_{j=0}^{n}\binom{n}{j} ;; P
\sum_{k=0}^{n} k ;; \sum_{j=1}^{n} (j+1) ;; X
\prod_{i=1}^{4} i ;; 24 ;; P
\prod_{i=1}^{4} i ;; 10 ;; F
\int_0^1 f(x)\,dx ;; \int_0^1 f(t) dt ;; P
\int_0^1 f(x)\,dx ;; \int_0^2 f(t) dt ;; X
\int_0^1 x dx ;; \frac12 ;; A
a_n + a_{n-1} + \ldots + a_0 ;; a_0 + a_1 + a_2 + \cdots + a_n ;; P
a_n + a_{n-1} + \ldots + a_0 ;; a_1 + a_2 + \cdots + a_n ;; X
\begin{cases} x & x>0 \\ -x & x \le 0 \end{cases} ;; \begin{cases} x & \text{if } x > 0 \\ -x & \text{if } x\le 0\end{cases} ;; P
\begin{cases} x & x>0 \\ -x & x \le 0 \end{cases} ;; \begin{cases} -x & \text{if } x\le 0 \\ x & \text{if } x > 0\end{cases} ;; P
\begin{cases} x & x>0 \\ -x & x \le 0 \end{cases} ;; \begin{cases} x & x > 0 \\ x & x\le 0\end{cases} ;; X
""",
    "close but not equal": r"""
\pi ;; \pi + 10^{-30} ;; F
0 ;; 10^{-200} ;; F
\pi ;; \pi + 10^{-300} ;; X
\pi ;; \frac{355}{113} ;; F
e^{\pi\sqrt{163}} ;; 262537412640768744 ;; F
(1 + 10^{-40}) \sqrt{2} ;; \sqrt{2} ;; F
\sqrt{10^{60} + 1} - 10^{30} ;; 0 ;; F
\sqrt{10^{60} + 1} - 10^{30} ;; \frac{1}{\sqrt{10^{60} + 1} + 10^{30}} ;; P
\sqrt[3]{2+\sqrt5}+\sqrt[3]{2-\sqrt5} ;; 1 ;; P
\cos\frac{\pi}{7} - \cos\frac{2\pi}{7} + \cos\frac{3\pi}{7} ;; 1/2 ;; P
\lfloor \log_{10} 1000 \rfloor ;; 3 ;; P
\lfloor \log_{10} 999 \rfloor ;; 3 ;; F
""",
}
KINDS["everyday spellings"] = Path(__file__).with_name("math_everyday.txt").read_text(encoding="utf-8")
"""Kind to its table."""


def rows() -> list[tuple[str, str, str, str]]:
    """(kind, gold, answer, expected)."""
    out = []
    for kind, table in KINDS.items():
        for line in table.strip().splitlines():
            gold, answer, expected = line.split(" ;; ")
            out.append((kind, gold, answer, expected))
    return out
