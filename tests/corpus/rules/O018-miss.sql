-- miss: O018
SET standard_conforming_strings = on;
