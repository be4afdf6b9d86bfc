-- miss: E042
ALTER VIEW app.spare_view RENAME TO archive;
