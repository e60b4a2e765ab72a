import type { FolderRole } from '../contract/folders.ts';

/** Roles that a name can tell. */
export type NamedRole = Extract<FolderRole, 'sent' | 'drafts' | 'trash' | 'junk' | 'archive'>;

type Row = Readonly<Record<NamedRole, readonly string[]>>;

/**
 * What mail programs call folders of a role, by language. Within a role a name further up wins over one
 * further down, so that of `Sent`, `Sent Items` and `Sent Messages` in one mailbox it is always the same
 * one, whatever order the server lists them in.
 */
const Names: Readonly<Record<string, Row>> = {
  english: {
    sent: ['Sent', 'Sent Items', 'Sent Mail', 'Sent Messages'],
    drafts: ['Drafts', 'Draft', 'Draft Messages'],
    trash: ['Trash', 'Deleted Items', 'Deleted Messages', 'Deleted', 'Bin', 'Wastebasket'],
    junk: ['Junk', 'Junk E-mail', 'Junk Email', 'Junk Mail', 'Spam', 'Bulk Mail', 'Bulk'],
    archive: ['Archive', 'Archives', 'Archived'],
  },
  german: {
    sent: ['Gesendet', 'Gesendete Elemente', 'Gesendete Objekte', 'Gesendete Nachrichten', 'Gesendete Mails'],
    drafts: ['Entwürfe', 'Entwurf'],
    trash: ['Papierkorb', 'Gelöschte Elemente', 'Gelöschte Objekte', 'Gelöschte Nachrichten', 'Gelöscht'],
    junk: ['Junk-E-Mail', 'Spamverdacht', 'Unerwünschte Werbung', 'Spam-Verdacht'],
    archive: ['Archiv'],
  },
  french: {
    sent: ['Envoyés', 'Éléments envoyés', 'Messages envoyés', 'Courrier envoyé', 'Objets envoyés'],
    drafts: ['Brouillons', 'Brouillon'],
    trash: ['Corbeille', 'Éléments supprimés', 'Messages supprimés', 'Supprimés'],
    junk: ['Courrier indésirable', 'Indésirables', 'Pourriel', 'Pourriels'],
    archive: ['Archives', 'Archive'],
  },
  spanish: {
    sent: ['Enviados', 'Elementos enviados', 'Mensajes enviados', 'Correo enviado'],
    drafts: ['Borradores', 'Borrador'],
    trash: ['Papelera', 'Elementos eliminados', 'Mensajes eliminados', 'Eliminados'],
    junk: ['Correo no deseado', 'Correo basura', 'No deseado'],
    archive: ['Archivo', 'Archivados'],
  },
  portuguese: {
    sent: ['Enviadas', 'Itens Enviados', 'Itens enviados', 'Mensagens enviadas', 'Correio enviado', 'E-mails enviados'],
    drafts: ['Rascunhos', 'Rascunho'],
    trash: ['Lixo', 'Lixeira', 'Itens Excluídos', 'Itens Eliminados', 'Mensagens excluídas', 'Reciclagem'],
    junk: ['Lixo Eletrônico', 'Lixo eletrónico', 'Correio não solicitado', 'E-mail de lixo'],
    archive: ['Arquivo', 'Arquivo morto', 'Arquivadas'],
  },
  italian: {
    sent: ['Inviati', 'Posta inviata', 'Posta Inviata', 'Elementi inviati', 'Messaggi inviati', 'Inviata'],
    drafts: ['Bozze', 'Bozza'],
    trash: ['Cestino', 'Posta eliminata', 'Elementi eliminati', 'Messaggi eliminati'],
    junk: ['Posta indesiderata', 'Indesiderata', 'Posta Indesiderata'],
    archive: ['Archivio', 'Archiviati'],
  },
  dutch: {
    sent: ['Verzonden', 'Verzonden items', 'Verzonden berichten', 'Verstuurd'],
    drafts: ['Concepten', 'Concept', 'Ontwerpen'],
    trash: ['Prullenbak', 'Prullenmand', 'Verwijderde items', 'Verwijderde berichten', 'Verwijderd'],
    junk: ['Ongewenste e-mail', 'Ongewenste reclame', 'Ongewenst'],
    archive: ['Archief'],
  },
  danish: {
    sent: ['Sendt', 'Sendt post', 'Sendte elementer', 'Sendte beskeder'],
    drafts: ['Kladder', 'Udkast'],
    trash: ['Papirkurv', 'Slettet post', 'Slettede elementer', 'Slettede beskeder'],
    junk: ['Uønsket mail', 'Uønsket e-mail', 'Uønsket post'],
    archive: ['Arkiv'],
  },
  swedish: {
    sent: ['Skickat', 'Skickade', 'Skickade objekt', 'Skickade meddelanden'],
    drafts: ['Utkast'],
    trash: ['Papperskorgen', 'Papperskorg', 'Borttaget', 'Borttagna objekt', 'Raderade meddelanden'],
    junk: ['Skräppost', 'Skräp'],
    archive: ['Arkiv', 'Arkiverat'],
  },
  norwegian: {
    sent: ['Sendt', 'Sendte elementer', 'Sendte meldinger'],
    drafts: ['Utkast', 'Kladd'],
    trash: ['Papirkurv', 'Søppel', 'Slettede elementer', 'Slettede meldinger', 'Søppelkurv'],
    junk: ['Søppelpost', 'Useriøs e-post'],
    archive: ['Arkiv'],
  },
  finnish: {
    sent: ['Lähetetyt', 'Lähetetyt viestit', 'Lähetetyt kohteet'],
    drafts: ['Luonnokset', 'Luonnos'],
    trash: ['Roskakori', 'Roskat', 'Poistetut', 'Poistetut kohteet', 'Poistetut viestit'],
    junk: ['Roskaposti', 'Roskapostit'],
    archive: ['Arkisto'],
  },
  icelandic: {
    sent: ['Send skeyti', 'Sendur póstur', 'Sent efni'],
    drafts: ['Drög', 'Uppköst'],
    trash: ['Rusl', 'Ruslið', 'Eytt'],
    junk: ['Ruslpóstur'],
    archive: ['Safn', 'Geymsla'],
  },
  polish: {
    sent: ['Wysłane', 'Elementy wysłane', 'Wysłane wiadomości'],
    drafts: ['Szkice', 'Wersje robocze', 'Robocze', 'Kopie robocze'],
    trash: ['Kosz', 'Elementy usunięte', 'Usunięte'],
    junk: ['Wiadomości-śmieci', 'Niechciane', 'Wiadomości śmieci'],
    archive: ['Archiwum'],
  },
  czech: {
    sent: ['Odeslané', 'Odeslaná pošta', 'Odeslané položky', 'Odeslané zprávy'],
    drafts: ['Koncepty', 'Rozepsané'],
    trash: ['Koš', 'Odstraněná pošta', 'Odstraněné položky', 'Odstraněné zprávy'],
    junk: ['Nevyžádaná pošta', 'Nevyžádané'],
    archive: ['Archiv'],
  },
  slovak: {
    sent: ['Odoslané', 'Odoslaná pošta', 'Odoslané položky', 'Odoslané správy'],
    drafts: ['Koncepty', 'Rozpísané'],
    trash: ['Kôš', 'Odstránené položky', 'Odstránené správy'],
    junk: ['Nevyžiadaná pošta', 'Nevyžiadané'],
    archive: ['Archív'],
  },
  hungarian: {
    sent: ['Elküldött', 'Elküldött elemek', 'Elküldött üzenetek', 'Elküldöttek'],
    drafts: ['Piszkozatok', 'Vázlatok', 'Piszkozat'],
    trash: ['Kuka', 'Törölt elemek', 'Lomtár', 'Törölt üzenetek'],
    junk: ['Levélszemét', 'Szemét'],
    archive: ['Archívum', 'Archivált'],
  },
  romanian: {
    sent: ['Trimise', 'Elemente trimise', 'Mesaje trimise'],
    drafts: ['Ciorne', 'Schițe', 'Schiţe'],
    trash: ['Coș de gunoi', 'Coş de gunoi', 'Gunoi', 'Elemente șterse', 'Mesaje șterse'],
    junk: ['E-mail nedorit', 'Nesolicitate', 'Mesaje nedorite'],
    archive: ['Arhivă', 'Arhiva'],
  },
  bulgarian: {
    sent: ['Изпратени', 'Изпратени съобщения', 'Изпратена поща'],
    drafts: ['Чернови', 'Чернова'],
    trash: ['Кошче', 'Изтрити', 'Изтрити елементи'],
    junk: ['Спам', 'Нежелана поща'],
    archive: ['Архив'],
  },
  russian: {
    sent: ['Отправленные', 'Отправленные письма', 'Отправленное'],
    drafts: ['Черновики', 'Черновик'],
    trash: ['Корзина', 'Удаленные', 'Удалённые', 'Удаленные письма'],
    junk: ['Спам', 'Нежелательная почта', 'Сомнительные'],
    archive: ['Архив'],
  },
  ukrainian: {
    sent: ['Надіслані', 'Відправлені', 'Надіслане', 'Відіслані'],
    drafts: ['Чернетки', 'Чернетка'],
    trash: ['Кошик', 'Видалені', 'Смітник'],
    junk: ['Спам', 'Небажана пошта'],
    archive: ['Архів'],
  },
  serbian: {
    sent: ['Послато', 'Poslato', 'Послате поруке'],
    drafts: ['Недовршено', 'Nedovršeno', 'Нацрти', 'Скице'],
    trash: ['Отпад', 'Otpad', 'Смеће', 'Smeće', 'Канта'],
    junk: ['Непожељно', 'Neželjeno', 'Непожељна пошта'],
    archive: ['Архива', 'Arhiva'],
  },
  croatian: {
    sent: ['Poslano', 'Poslane stavke', 'Poslane poruke'],
    drafts: ['Skice', 'Nedovršeno', 'Nacrti'],
    trash: ['Smeće', 'Izbrisane stavke', 'Otpad', 'Obrisano'],
    junk: ['Neželjena pošta', 'Neželjeno'],
    archive: ['Arhiva'],
  },
  slovenian: {
    sent: ['Poslano', 'Poslana pošta', 'Poslani predmeti'],
    drafts: ['Osnutki'],
    trash: ['Smeti', 'Koš', 'Izbrisano', 'Izbrisani predmeti'],
    junk: ['Neželena pošta', 'Neželeno'],
    archive: ['Arhiv'],
  },
  lithuanian: {
    sent: ['Išsiųsti', 'Išsiųsti laiškai', 'Išsiųsta'],
    drafts: ['Juodraščiai', 'Juodraštis'],
    trash: ['Šiukšlinė', 'Šiukšliadėžė', 'Pašalinti laiškai'],
    junk: ['Brukalas', 'Šlamštas', 'Nepageidaujami'],
    archive: ['Archyvas'],
  },
  latvian: {
    sent: ['Nosūtītie', 'Nosūtītās', 'Nosūtītās vēstules'],
    drafts: ['Melnraksti', 'Uzmetumi'],
    trash: ['Miskaste', 'Atkritne', 'Dzēstie'],
    junk: ['Mēstules', 'Nevēlamās vēstules'],
    archive: ['Arhīvs'],
  },
  estonian: {
    sent: ['Saadetud', 'Saadetud kirjad', 'Saadetud üksused'],
    drafts: ['Mustandid', 'Kavandid'],
    trash: ['Prügikast', 'Prügi', 'Kustutatud', 'Kustutatud üksused'],
    junk: ['Rämpspost', 'Rämps'],
    archive: ['Arhiiv'],
  },
  greek: {
    sent: ['Απεσταλμένα', 'Σταλμένα', 'Απεσταλμένα στοιχεία'],
    drafts: ['Πρόχειρα', 'Προσχέδια'],
    trash: ['Κάδος απορριμμάτων', 'Απορρίμματα', 'Διαγραμμένα', 'Κάδος'],
    junk: ['Ανεπιθύμητα', 'Ανεπιθύμητη αλληλογραφία'],
    archive: ['Αρχειοθήκη', 'Αρχείο'],
  },
  turkish: {
    sent: ['Gönderilmiş Öğeler', 'Gönderilmiş', 'Gönderilenler', 'Gönderilmiş Postalar'],
    drafts: ['Taslaklar', 'Taslak'],
    trash: ['Çöp Kutusu', 'Çöp', 'Silinmiş Öğeler', 'Silinmiş'],
    junk: ['Önemsiz', 'Önemsiz E-posta', 'Gereksiz'],
    archive: ['Arşiv'],
  },
  catalan: {
    sent: ['Enviats', 'Enviat', 'Elements enviats', 'Missatges enviats'],
    drafts: ['Esborranys', 'Esborrany'],
    trash: ['Paperera', 'Elements suprimits', 'Missatges suprimits'],
    junk: ['Correu brossa', 'Brossa'],
    archive: ['Arxiu', 'Arxivats'],
  },
  basque: {
    sent: ['Bidalita', 'Bidalitakoak'],
    drafts: ['Zirriborroak'],
    trash: ['Zakarrontzia', 'Ezabatuak'],
    junk: ['Zabor-posta', 'Zaborra'],
    archive: ['Artxiboa'],
  },
  vietnamese: {
    sent: ['Đã gửi', 'Thư đã gửi', 'Mục đã Gửi'],
    drafts: ['Thư nháp', 'Bản nháp', 'Nháp'],
    trash: ['Thùng rác', 'Mục đã Xóa', 'Đã xóa'],
    junk: ['Thư rác', 'Email Rác'],
    archive: ['Lưu trữ'],
  },
  indonesian: {
    sent: ['Terkirim', 'Item Terkirim', 'Pesan Terkirim'],
    drafts: ['Draf', 'Konsep'],
    trash: ['Sampah', 'Item Dihapus', 'Tempat Sampah'],
    junk: ['Email Sampah', 'Surel Sampah'],
    archive: ['Arsip'],
  },
  thai: {
    sent: ['ส่งแล้ว', 'ข้อความที่ส่ง', 'รายการที่ถูกส่ง', 'จดหมายที่ส่งแล้ว'],
    drafts: ['แบบร่าง', 'ร่าง', 'ฉบับร่าง'],
    trash: ['ถังขยะ', 'รายการที่ถูกลบ'],
    junk: ['จดหมายขยะ', 'อีเมลขยะ', 'สแปม'],
    archive: ['เก็บถาวร', 'ที่เก็บถาวร'],
  },
  japanese: {
    sent: ['送信済みアイテム', '送信済み', '送信済みメール', '送信済みトレイ'],
    drafts: ['下書き', '下書きトレイ'],
    trash: ['ごみ箱', 'ゴミ箱', '削除済みアイテム', '削除済み'],
    junk: ['迷惑メール', '迷惑メールフォルダ'],
    archive: ['アーカイブ'],
  },
  korean: {
    sent: ['보낸 편지함', '보낸편지함', '보낸메일함', '보낸 메일함'],
    drafts: ['임시 보관함', '임시보관함', '초안'],
    trash: ['휴지통', '지운 편지함', '삭제된 항목'],
    junk: ['정크 메일', '스팸함', '스팸 메일함', '스팸메일함'],
    archive: ['보관', '보관함', '보관 사서함'],
  },
  chineseSimplified: {
    sent: ['已发送', '已发送邮件', '已发邮件'],
    drafts: ['草稿', '草稿箱', '草稿夹'],
    trash: ['已删除', '已删除邮件', '废件箱'],
    junk: ['垃圾邮件', '垃圾邮件箱'],
    archive: ['存档', '归档'],
  },
  chineseTraditional: {
    sent: ['寄件備份', '已傳送', '已寄出', '寄件備份匣'],
    drafts: ['草稿', '草稿匣'],
    trash: ['垃圾桶', '刪除的郵件', '已刪除', '回收筒'],
    junk: ['垃圾郵件', '垃圾信件匣', '廣告信'],
    archive: ['封存', '典藏'],
  },
  hebrew: {
    sent: ['דואר שנשלח', 'פריטים שנשלחו', 'נשלח', 'נשלחו'],
    drafts: ['טיוטות', 'טיוטה'],
    trash: ['אשפה', 'פריטים שנמחקו', 'נמחקו'],
    junk: ['דואר זבל', 'זבל', 'ספאם'],
    archive: ['ארכיון'],
  },
  arabic: {
    sent: ['المرسلة', 'العناصر المرسلة', 'المرسل', 'البريد المرسل', 'الرسائل المرسلة'],
    drafts: ['المسودات', 'مسودات'],
    trash: ['المهملات', 'سلة المهملات', 'العناصر المحذوفة', 'المحذوفة'],
    junk: ['البريد غير الهام', 'البريد العشوائي', 'غير هام'],
    archive: ['الأرشيف', 'أرشيف'],
  },
  persian: {
    sent: ['فرستاده‌شده', 'ارسال شده', 'فرستاده شده', 'نامه‌های فرستاده'],
    drafts: ['پیش‌نویس‌ها', 'پیش‌نویس', 'پیش نویس'],
    trash: ['زباله‌دان', 'زباله', 'سطل زباله', 'حذف شده'],
    junk: ['هرزنامه', 'هرزنامه‌ها'],
    archive: ['بایگانی', 'آرشیو'],
  },
  hindi: {
    sent: ['भेजे गए', 'भेजे गए आइटम', 'प्रेषित'],
    drafts: ['ड्राफ़्ट', 'ड्राफ्ट', 'मसौदा'],
    trash: ['ट्रैश', 'कूड़ेदान', 'हटाए गए आइटम', 'रद्दी'],
    junk: ['स्पैम', 'जंक ईमेल', 'जंक'],
    archive: ['संग्रह', 'आर्काइव'],
  },
};

/** Languages of the table. */
export const NamedLanguages: readonly string[] = Object.keys(Names);

/** One spelling for what users see as the same: case, Unicode form, hyphens, underscores and spaces. */
const plain = (name: string): string =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_‐-―-]+/g, ' ')
    .trim();

/** A role that a name tells; a lower rank is a better name. */
export interface NameSign {
  readonly role: NamedRole;
  readonly rank: number;
}

const buildTable = (): ReadonlyMap<string, NameSign> => {
  const table = new Map<string, NameSign>();
  for (const row of Object.values(Names)) {
    for (const [role, names] of Object.entries(row) as [NamedRole, readonly string[]][]) {
      for (const name of names) {
        const known = table.get(plain(name));
        if (known === undefined) table.set(plain(name), { role, rank: table.size });
      }
    }
  }
  return table;
};

const Table = buildTable();

/** The role that a folder's own name tells, without its path; `undefined`: none. */
export const roleOfName = (name: string): NameSign | undefined => Table.get(plain(name));
