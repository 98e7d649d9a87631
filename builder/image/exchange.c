/* The small FAT partition that any laptop shows: what a person finds on a card or stick. */
#include "image/disk.h"

char *exchange_settings(const struct disk *disk)
{
	const struct recipe *recipe = disk->input->plan->recipe;

	return text_format("# Settings of this hiebox (%s), for a person with a laptop and the card in hand.\n"
			   "# A line that begins with # says nothing to the box. This version of the box does not\n"
			   "# read this file yet: what stands in it has no effect.\n"
			   "#\n"
			   "# Réglages de cette hiebox. Une ligne qui commence par # est ignorée. Cette version de la\n"
			   "# boîte ne lit pas encore ce fichier.\n"
			   "\n"
			   "#name: %s\n"
			   "#time-zone: %s\n"
			   "#keyboard: %s\n"
			   "#ssh-key: ssh-ed25519 AAAA... somebody\n",
			   recipe->name, recipe->site_name ? recipe->site_name : "hiebox",
			   recipe->time_zone ? recipe->time_zone : "UTC", recipe->keyboard ? recipe->keyboard : "us");
}

static void read_me_english(struct buffer *out, const struct recipe *recipe, const char *name)
{
	buffer_format(out,
		      "HIEBOX: %s\n"
		      "\n"
		      "This medium starts a computer as a health information exchange. Put it in, switch on, and\n"
		      "open https://%s.local (or the address that the screen shows) in a browser.\n"
		      "\n"
		      "  hiebox.conf   settings\n"
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
		      "  hiebox.conf   réglages\n"
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
