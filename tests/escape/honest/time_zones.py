import datetime, zoneinfo
moment = datetime.datetime(2024, 7, 1, tzinfo=datetime.timezone.utc)
try:
    zone = zoneinfo.ZoneInfo("Europe/Paris")
    assert moment.astimezone(zone).hour == 2
except zoneinfo.ZoneInfoNotFoundError:
    pass
print(int(input()) * 2)
