import os, pathlib, shutil, tempfile
n = input()
with open("work.txt", "w") as file:
    file.write(n)
with open("work.txt", "a+") as file:
    file.seek(0)
    value = int(file.read())
os.makedirs("a/b", exist_ok=True)
pathlib.Path("a/b/c.bin").write_bytes(b"x" * 1000)
shutil.rmtree("a")
with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile("w+") as file:
    pathlib.Path(folder, "x").write_text("y")
    file.write("z")
os.remove("work.txt")
print(value * 2)
