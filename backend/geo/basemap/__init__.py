"""The map under the prospects: vector tiles built from an OpenStreetMap extract, read and cut."""
