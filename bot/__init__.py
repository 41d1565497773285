"""Where it runs: settings, composition, channels, intake, worker, delivery, pages, commands."""
