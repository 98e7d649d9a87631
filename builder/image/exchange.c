/* The small FAT partition that any laptop shows: what a person finds on a card or stick. */
#include "image/disk.h"

/* Every key of the room `card` as a comment; a test takes the # away and reads it. Lines for people begin
 * with "# ", settings with "#" alone. CR LF, so that every Windows editor shows lines. */
char *exchange_settings(const struct disk *disk)
{
	const struct recipe *recipe = disk->input->plan->recipe;
	const char *language = recipe->languages.count ? recipe->languages.items[0].text : "en";
	autofree char *text = text_format(
		"# Settings of this hiebox (%s), for a person with a laptop and the card in hand. Take the first #\n"
		"# of a line away, change it, save (as UTF-8), put the card back and switch on. What stands in a\n"
		"# line without # counts at every start; without the line, the box is as it was made. Indent with\n"
		"# spaces. What the box could not read is then in hiebox.conf.mistakes.txt beside this file.\n"
		"# Passwords are taken over and wiped from this file at the next start: ~ stands in their place.\n"
		"#\n"
		"# Réglages de cette hiebox. Retirez le premier # d'une ligne, modifiez-la, enregistrez (en UTF-8),\n"
		"# remettez la carte et allumez. Une ligne sans # vaut à chaque démarrage ; sans la ligne, la boîte\n"
		"# reste comme elle a été faite. Ce qu'elle n'a pas pu lire est ensuite dans\n"
		"# hiebox.conf.mistakes.txt. Les mots de passe sont repris puis effacés d'ici : un ~ les remplace.\n"
		"\n"
		"# The name on the network / le nom sur le réseau : http://NAME.local\n"
		"#name: %s\n"
		"\n"
		"# Language of page and console / langue de la page et de la console : en, fr\n"
		"#language: %s\n"
		"\n"
		"# For example / par exemple : Africa/Kampala\n"
		"#time-zone: %s\n"
		"\n"
		"# Keyboard plugged into the box / clavier branché à la boîte : us, fr, gb\n"
		"#keyboard: %s\n"
		"\n"
		"# Wireless network to join / réseau sans fil à rejoindre\n"
		"#wifi:\n"
		"#  name: \"our network\"\n"
		"#  password: \"its password\"\n"
		"#  country: KE\n"
		"\n"
		"# Fixed address of the network card; without, the network gives one (dhcp)\n"
		"# Adresse fixe de la carte réseau ; sans elle, le réseau en donne une (dhcp)\n"
		"#address:\n"
		"#  ipv4: 192.168.1.10/24\n"
		"#  gateway: 192.168.1.1\n"
		"#  dns: [192.168.1.1]\n"
		"\n"
		"# Public keys that may log in as root / clés publiques autorisées à se connecter comme root\n"
		"#ssh-keys:\n"
		"#  - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN4H9Rrnd1dpTb2xYtRh3PBWQtZKRNbN1DkQmhUiZoYJ example\n"
		"\n"
		"# Passwords of your choice, at least 8 characters / mots de passe de votre choix, 8 caractères au moins\n"
		"#passwords:\n"
		"#  admin: \"a long password\"\n",
		recipe->name, recipe->site_name ? recipe->site_name : "hiebox", language,
		recipe->time_zone ? recipe->time_zone : "UTC", recipe->keyboard ? recipe->keyboard : "us");
	struct buffer out = {0};
	for (const char *at = text; *at; at++)
		buffer_text(&out, *at == '\n' ? "\r\n" : (char[]){*at, '\0'});
	return buffer_steal(&out);
}

static void read_me_english(struct buffer *out, const struct recipe *recipe, const char *name)
{
	buffer_format(out,
		      "HIEBOX: %s\n"
		      "\n"
		      "This medium starts a computer as a health information exchange. Put it in, switch on, and\n"
		      "open https://%s.local (or the address that the screen shows) in a browser.\n"
		      "\n"
		      "  hiebox.conf   settings: name, language, network, passwords. Edit it, put the medium back\n"
		      "                and switch on; what the box could not read is in hiebox.conf.mistakes.txt\n"
		      "  %s.yaml   the recipe this medium was made from\n"
		      "  hiebox.json   what exactly is on it\n"
		      "  backups       where backups go\n"
		      "\n"
		      "Health data is not on this partition; it is on another one, which Windows and macOS do not\n"
		      "show. If they offer to format or repair a partition they do not know: refuse.\n"
		      "\n"
		      "To begin again from nothing, choose \"Forget everything and start as new\" in the menu at the\n"
		      "start. If the page says that the box is in rescue mode, no data is being stored.\n"
		      "\n\n",
		      recipe->summary, name, recipe->name);
}

static void read_me_french(struct buffer *out, const struct recipe *recipe, const char *name)
{
	buffer_format(out,
		      "FRANÇAIS\n"
		      "\n"
		      "Ce support démarre un ordinateur comme plateforme d'échange de données de santé. Insérez-le,\n"
		      "allumez, puis ouvrez https://%s.local (ou l'adresse affichée à l'écran) dans un navigateur.\n"
		      "\n"
		      "  hiebox.conf   réglages : nom, langue, réseau, mots de passe. Modifiez-le, remettez le support\n"
		      "                et allumez ; ce qui n'a pu être lu est dans hiebox.conf.mistakes.txt\n"
		      "  %s.yaml   la recette dont ce support est issu\n"
		      "  hiebox.json   son contenu exact\n"
		      "  backups       l'emplacement des sauvegardes\n"
		      "\n"
		      "Les données de santé ne sont pas sur cette partition, mais sur une autre, que Windows et macOS\n"
		      "n'affichent pas. S'ils proposent de formater ou de réparer une partition inconnue : refusez.\n"
		      "\n"
		      "Pour tout recommencer, choisissez « Forget everything and start as new » dans le menu de\n"
		      "démarrage. Si la page indique le mode de secours, aucune donnée n'est enregistrée.\n",
		      name, recipe->name);
}

char *exchange_read_me(const struct disk *disk)
{
	const struct recipe *recipe = disk->input->plan->recipe;
	const char *name = recipe->site_name ? recipe->site_name : "hiebox";
	struct buffer out = {0};

	read_me_english(&out, recipe, name);
	read_me_french(&out, recipe, name);
	return buffer_steal(&out);
}
