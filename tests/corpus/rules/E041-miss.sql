-- miss: E041
ALTER VIEW app.spare_view RENAME TO sales;
