"""What owners and admins see of the whole: counted by the database, told by pages and API alike."""
