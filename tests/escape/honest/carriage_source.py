# -*- coding: utf-8 -*-
#!/usr/bin/env python3
"""Ümläut in a comment — and a form feed."""
from __future__ import annotations, division
n = int(input())
π = 2
print(n * π)
