require 'active_record'
ActiveRecord::Base.establish_connection(ENV.fetch('DATABASE_URL'))
ActiveRecord::MigrationContext.new(ARGV.fetch(0), ActiveRecord::SchemaMigration).migrate
