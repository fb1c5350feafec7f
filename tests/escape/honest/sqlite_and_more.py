import sqlite3, xml.etree.ElementTree as tree
base = sqlite3.connect(":memory:")
base.execute("create table t (v)")
base.execute("insert into t values (?)", (int(input()),))
assert tree.fromstring("<a><b/></a>")[0].tag == "b"
print(base.execute("select v * 2 from t").fetchone()[0])
