-- class: additive
-- a policy about DELETE
CREATE POLICY may_delete ON app.tickets FOR DELETE TO corpus_app USING (true);
