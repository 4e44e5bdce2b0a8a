from backend.geo.basemap.features import draw_area, draw_label, draw_line


def test_roads_carry_class_name_and_first_zoom() -> None:
    assert draw_line({"highway": "primary", "name": "Mannerheimintie"}) == (
        "roads",
        "primary",
        8,
        "Mannerheimintie",
    )
    assert draw_line({"highway": "motorway", "ref": "E 75"}) == ("roads", "motorway", 5, "E 75")
    assert draw_line({"highway": "proposed"}) is None


def test_a_square_is_an_area_and_a_ring_road_is_a_line() -> None:
    square = {"highway": "pedestrian", "area": "yes", "name": "Narinkkatori"}
    assert draw_line(square) is None
    assert draw_area(square) == ("land", "square", 13, "Narinkkatori")
    assert draw_area({"highway": "pedestrian"}) is None


def test_metro_tunnels_and_culverts_are_not_drawn() -> None:
    assert draw_line({"railway": "rail", "tunnel": "yes"}) is None
    assert draw_line({"waterway": "stream", "tunnel": "yes"}) is None
    assert draw_line({"highway": "service", "tunnel": "yes"}) is not None


def test_buildings_water_and_places_find_their_layers() -> None:
    assert draw_area({"building": "yes"}) == ("buildings", "building", 13, "")
    assert draw_area({"building": "no"}) is None
    assert draw_area({"natural": "water", "name": "Hồ Tây"}) == ("water", "lake", 6, "Hồ Tây")
    assert draw_label({"place": "suburb", "name": "Kluuvi"}) == ("places", "suburb", 11, "Kluuvi")
    assert draw_label({"place": "suburb"}) is None
